"""The pure parts of the benchmark: `python3 -m unittest discover e2e/bench`."""
import json
import unittest

import figures
import fio
import loads
import part_cleaning
import part_qos
import part_scale
import publish
import report
import throttle
import verdicts
import witness
from devices import Counters


def a_run(**changed):
    run = {
        "part": "disks", "disk": "150iops", "contender": "ours", "load": "randwrite-4k-qd32", "title": "writes", "round": 0, "capped": True, "acknowledged": "staged",
        "seconds": 10.0, "wall_seconds": 10.2, "ios": 1000, "iops": 100.0, "read_bytes": 0, "write_bytes": 4096000,
        "latency_us": {"p50": 100.0, "p99": 200.0, "p999": 300.0}, "sync_us": {}, "syncs": 0, "errors": 0, "ring_times": 20.0,
        "device": {"reads": 0, "read_bytes": 0, "writes": 1500, "write_bytes": 8192000, "flushes": 5},
        "cpu_seconds": {"engine_user": 0.004, "engine_system": 0.001, "group": 0.02, "machine": 0.03},
    }
    return {**run, **changed}


def a_device(**changed):
    return {"reads": 0, "read_bytes": 0, "writes": 0, "write_bytes": 0, "flushes": 0, **changed}


class Kind:
    key, title, cap = "150iops", "spinning", throttle.Cap(150, 150)


class CountersTest(unittest.TestCase):
    def test_what_the_kernel_counts_is_in_sectors(self):
        counters = Counters.parse("10 1 80 5 20 2 160 7 0 9 9 3 0 24 1 6 2")
        self.assertEqual(counters, Counters(10, 80 * 512, 14, 160 * 512, 6))

    def test_a_kernel_without_flush_counters_counts_none(self):
        self.assertEqual(Counters.parse("1 0 8 0 2 0 16 0 0 0 0").flushes, 0)

    def test_only_what_came_after_counts(self):
        self.assertEqual(Counters(5, 50, 7, 70, 3).since(Counters(1, 10, 2, 20, 1)), Counters(4, 40, 5, 50, 2))


class ThrottleTest(unittest.TestCase):
    def test_v1_holds_both_ways_to_operations_and_bytes(self):
        self.assertEqual(throttle.rules(1, "7:0", throttle.Cap(150, 2)), [
            ("blkio.throttle.read_iops_device", "7:0 150"), ("blkio.throttle.read_bps_device", "7:0 2097152"),
            ("blkio.throttle.write_iops_device", "7:0 150"), ("blkio.throttle.write_bps_device", "7:0 2097152")])

    def test_v2_holds_both_ways_to_operations_and_bytes(self):
        self.assertEqual(throttle.rules(2, "7:0", throttle.Cap(150, 2)),
                         [("io.max", "7:0 rbps=2097152 wbps=2097152 riops=150 wiops=150")])

    def test_no_cap_takes_the_rules_away(self):
        self.assertEqual({text for _, text in throttle.rules(1, "7:0", None)}, {"7:0 0"})
        self.assertEqual(throttle.rules(2, "7:0", None), [("io.max", "7:0 rbps=max wbps=max riops=max wiops=max")])

    def test_cpu_time_of_both_versions(self):
        self.assertEqual(throttle.cpu_seconds_of(1, "2500000000\n"), 2.5)
        self.assertEqual(throttle.cpu_seconds_of(2, "usage_usec 2500000\nuser_usec 1\n"), 2.5)


class FioTest(unittest.TestCase):
    JSON = """fio: a warning
{"jobs": [{"error": 0,
 "read": {"runtime": 0, "total_ios": 0, "io_bytes": 0, "clat_ns": {}},
 "write": {"runtime": 2000, "total_ios": 400, "io_bytes": 1638400, "clat_ns": {"percentile":
   {"50.000000": 1500, "99.000000": 2000, "99.900000": 9000}}},
 "sync": {"total_ios": 1, "lat_ns": {"percentile": {"50.000000": 7000, "99.000000": 7000, "99.900000": 7000}}}}]}"""

    def test_operations_per_second_over_the_time_with_the_final_flush(self):
        figures_of = fio.parse(self.JSON)
        self.assertEqual((figures_of["iops"], figures_of["write_bytes"], figures_of["syncs"]), (200.0, 1638400, 1))
        self.assertEqual(figures_of["latency_us"], {"p50": 1.5, "p99": 2.0, "p999": 9.0})
        self.assertEqual(figures_of["sync_us"]["p50"], 7.0)

    def test_every_run_ends_with_a_flush(self):
        self.assertIn("--end_fsync=1", fio.command([["--filename=x"]], ["--rw=write"], 1, 2, "out"))


class FiguresTest(unittest.TestCase):
    def test_spread_is_half_the_distance_of_best_and_worst(self):
        self.assertEqual(figures.spread([90, 100, 110]), 0.1)
        self.assertEqual(figures.spread([5]), 0)

    def test_ratio_to_raw_is_of_the_same_load_on_the_same_disk(self):
        rows = figures.table([a_run(contender="raw", iops=10.0), a_run(iops=100.0), a_run(disk="uncapped", iops=7.0)])
        self.assertEqual([row["to_raw"] for row in rows], [1.0, 10.0, None])

    def test_all_bytes_of_the_device_count_for_each_byte_of_the_user(self):
        self.assertEqual(figures.write_amplification(a_run()), 2.0)
        self.assertIsNone(figures.write_amplification(a_run(write_bytes=0)))

    def test_cpu_per_operation_in_microseconds(self):
        self.assertAlmostEqual(figures.per_io_us(a_run(), "engine_user", "engine_system"), 5.0)


class VerdictsTest(unittest.TestCase):
    def of(self, load=loads.RANDOM_WRITE, ours=True, **changed):
        return [failure.check for failure in verdicts.of_run(a_run(**changed), Kind, load, ours)]

    def test_a_run_within_the_cap_is_trusted(self):
        self.assertEqual(self.of(), [])

    def test_more_operations_than_the_cap_are_not(self):
        self.assertEqual(self.of(device=a_device(writes=1700)), ["cap"])
        self.assertEqual(self.of(device=a_device(reads=1700)), ["cap"])
        self.assertEqual(self.of(device=a_device(reads=1700), capped=False), [])

    def test_more_bytes_than_the_cap_are_not(self):
        self.assertEqual(self.of(device=a_device(write_bytes=1700 << 20)), ["cap"])

    def test_a_run_that_fits_into_the_staging_ring_is_not(self):
        self.assertEqual(self.of(ring_times=19.9), ["staging"])
        self.assertEqual(self.of(ring_times=19.9, ours=False), [])
        self.assertEqual(self.of(ring_times=0.1, load=loads.DURABLE_WRITE), [])

    def test_flushes_that_the_disk_did_not_see_are_not(self):
        self.assertEqual(self.of(load=loads.FSYNC, syncs=1000, device=a_device(flushes=900)), ["flush"])
        self.assertEqual(self.of(load=loads.FSYNC, syncs=1000, device=a_device(flushes=1000)), [])

    def test_raw_beside_somebody_else_is_not(self):
        self.assertEqual(self.of(contender="raw", ours=False, write_bytes=4096000, device=a_device(write_bytes=4096000)), [])
        self.assertEqual(self.of(contender="raw", ours=False, write_bytes=4096000, device=a_device(write_bytes=8192000)), ["strangers"])

    def test_an_error_is_not(self):
        self.assertEqual(self.of(errors=5), ["I/O errors"])

    def test_the_cap_is_proved_by_the_raw_contender_that_reaches_it(self):
        self.assertEqual(verdicts.cap_proved(149.0, Kind), [])
        self.assertEqual([f.check for f in verdicts.cap_proved(100.0, Kind)], ["cap"])

    def test_bars_from_below_and_from_above(self):
        self.assertTrue(verdicts.Bar("x", 8.0, 8.0, True).met)
        self.assertFalse(verdicts.Bar("x", 7.9, 8.0, True).met)
        self.assertTrue(verdicts.Bar("x", 1.2, 1.2, False).met)
        self.assertFalse(verdicts.Bar("x", 1.3, 1.2, False).met)


class StagingTest(unittest.TestCase):
    def test_how_much_longer_a_run_must_be(self):
        ring = 1 << 20
        self.assertEqual(loads.staging_shortfall(loads.RANDOM_WRITE, True, 10 * ring, ring), 2.0)
        self.assertEqual(loads.staging_shortfall(loads.RANDOM_WRITE, True, 30 * ring, ring), 1.0)
        self.assertEqual(loads.staging_shortfall(loads.DURABLE_WRITE, True, ring, ring), 1.0)
        self.assertEqual(loads.staging_shortfall(loads.RANDOM_WRITE, False, ring, ring), 1.0)


class CleaningTest(unittest.TestCase):
    def test_a_second_without_an_entry_had_no_operation(self):
        self.assertEqual(part_cleaning.per_second("1000, 50, 1, 4096, 0\n3001, 70, 1, 4096, 0\n3500, 9, 1, 4096, 0\n"), [50, 0, 70])

    def test_minutes_are_whole_unless_there_is_none(self):
        self.assertEqual(part_cleaning.chunks([1, 3, 5, 7, 100], 2), [2, 6])
        self.assertEqual(part_cleaning.chunks([1, 3], 60), [2])


class QosTest(unittest.TestCase):
    def test_the_one_that_keeps_least_counts_by_the_medians(self):
        self.assertEqual(part_qos.kept([[100, 200], [100, 200], [900, 200]], [[90, 50, 7], [90, 100, 7], [10, 150, 7]]), 0.5)

    def test_what_seven_had_is_told_and_what_the_greedy_one_had(self):
        self.assertEqual(part_qos.told([10] * 7), "70/s")
        self.assertEqual(part_qos.told([10] * 7 + [5000]), "70/s, the greedy one 5,000/s")


class ScaleTest(unittest.TestCase):
    def test_the_slowest_counts(self):
        self.assertEqual(part_scale.share_of_mean([1, 3]), 0.5)

    def test_jobs_are_added_and_the_worst_latency_is_told(self):
        job = json.loads(FioTest.JSON.split("\n", 1)[1])["jobs"][0]
        slow = {**job, "write": {**job["write"], "clat_ns": {"percentile": {"50.000000": 1500, "99.000000": 5000, "99.900000": 9000}}}}
        both = fio.parse(json.dumps({"jobs": [job, slow]}))
        self.assertEqual((both["ios"], both["iops"], both["each_iops"]), (800, 400.0, [200.0, 200.0]))
        self.assertEqual(both["latency_us"], {"p50": 1.5, "p99": 5.0, "p999": 9.0})


class PublishTest(unittest.TestCase):
    def test_parts_that_were_run_at_different_times_stand_beside_each_other(self):
        before = "- met: clones: 2.00 (bar ≤ 5) — `a`, one\n- **missed**: boot: 6.30 (bar ≤ 1.1) — `a`, one"
        self.assertEqual(publish.merged(before, ["- met: boot: 1.02 (bar ≤ 1.1) — `b`, two"]),
                         "- met: clones: 2.00 (bar ≤ 5) — `a`, one\n- met: boot: 1.02 (bar ≤ 1.1) — `b`, two")


class WitnessTest(unittest.TestCase):
    def test_a_block_tells_which_write_it_is(self):
        self.assertEqual(witness.count_in(witness.content(3, 9), 3), 9)
        self.assertEqual(witness.count_in(bytes(witness.BLOCK), 3), 0)

    def test_another_blocks_data_or_half_a_write_are_no_write(self):
        page = witness.content(3, 9)
        self.assertIsNone(witness.count_in(page, 4))
        self.assertIsNone(witness.count_in(page[:2048] + witness.content(3, 8)[2048:], 3))

    def test_what_may_be_there_after_a_crash(self):
        self.assertIsNone(witness.wrong(1, 5, answered=5, sent=5))
        self.assertIsNone(witness.wrong(1, 6, answered=5, sent=6))
        self.assertIsNone(witness.wrong(1, 0, answered=0, sent=1))
        self.assertIn("answered", witness.wrong(1, 4, answered=5, sent=6))
        self.assertIn("sent", witness.wrong(1, 7, answered=5, sent=6))
        self.assertIn("whole", witness.wrong(1, None, answered=0, sent=0))


class ReportTest(unittest.TestCase):
    def test_a_document_keeps_what_stands_outside_of_the_markers(self):
        text = "a\n<!-- bench x: begin -->\nold\n<!-- bench x: end -->\nb\n"
        self.assertEqual(report.between_markers(text, "x", "new"), "a\n<!-- bench x: begin -->\nnew\n<!-- bench x: end -->\nb\n")

    def test_every_column_has_a_cell_for_every_row(self):
        rows = figures.table([a_run(contender="raw", iops=10.0), a_run()])
        for line in report.markdown(rows).splitlines()[2:]:
            self.assertEqual(line.count("|"), len(report.COLUMNS) + 1, line)


if __name__ == "__main__":
    unittest.main()
