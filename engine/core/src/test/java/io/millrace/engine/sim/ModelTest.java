package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the model lets a store answer, and what it doesn't. */
final class ModelTest {
  private Model model = new Model();
  private View volume = new View(0, "none", false, null, 0);

  @BeforeEach
  void aVolumeOfFourBlocks() {
    model = new Model();
    volume = model.invokeCreate("v", false, null, 4 * 4096);
    model.created(volume, 1);
  }

  private Op write(long sector) {
    Op op = model.invoke(volume, Op.Content.STAMPS, sector, 1);
    model.answered(op, true);
    return op;
  }

  private MemorySegment sector(View view, long sector, long operation) {
    MemorySegment data = Arena.ofAuto().allocate(512);
    if (operation != 0) {
      Stamp.write(data, 0, view.key, sector, operation);
    }
    return data;
  }

  private void read(View view, long sector, long operation) {
    model.checkRead(view, sector, sector(view, sector, operation), model.event());
  }

  private void found(long... operations) {
    model.settle(search(operations));
  }

  private CutSearch search(long... operations) {
    CutSearch search = model.search(model.floor());
    for (int sector = 0; sector < operations.length; sector++) {
      search.seen(volume, sector, sector(volume, sector, operations[sector]), 0);
    }
    search.finish();
    return search;
  }

  @Test
  void aReadSeesTheLastWriteAndNoOlderOne() {
    Op first = write(0);
    Op second = write(0);
    read(volume, 0, second.id);
    assertThrows(Violation.class, () -> read(volume, 0, first.id));
    assertThrows(Violation.class, () -> read(volume, 0, 0));
  }

  @Test
  void aReadBesideAWriteSeesEither() {
    Op before = write(0);
    Op beside = model.invoke(volume, Op.Content.STAMPS, 0, 1);
    read(volume, 0, before.id);
    read(volume, 0, beside.id);
  }

  @Test
  void whatAQuietReadSawIsWhatTheNextOneSees() {
    Op one = model.invoke(volume, Op.Content.STAMPS, 0, 1);
    Op two = model.invoke(volume, Op.Content.STAMPS, 0, 1);
    model.answered(two, true);
    model.answered(one, true);
    read(volume, 0, one.id);
    assertThrows(Violation.class, () -> read(volume, 0, two.id));
  }

  @Test
  void aSectorOfAnotherPlaceOrOfTwoHalvesIsRefused() {
    Op op = write(0);
    assertThrows(Violation.class, () -> read(volume, 1, op.id));
    MemorySegment torn = sector(volume, 0, op.id);
    torn.asSlice(256).fill((byte) 0);
    assertThrows(Violation.class, () -> model.checkRead(volume, 0, torn, model.event()));
  }

  @Test
  void aSnapshotHoldsWhatWasThereAndNothingLater() {
    Op before = write(0);
    View snapshot = model.invokeCreate("s", true, volume, volume.sizeBytes);
    model.created(snapshot, 2);
    Op after = write(0);
    model.checkRead(snapshot, 0, sector(volume, 0, before.id), model.event());
    assertThrows(
        Violation.class,
        () -> model.checkRead(snapshot, 0, sector(volume, 0, after.id), model.event()));
  }

  @Test
  void aCrashLosesATailOfTheOrder() {
    Op first = write(0);
    write(1);
    model.crashed();
    found(first.id, 0);
    read(volume, 0, first.id);
    assertThrows(Violation.class, () -> read(volume, 0, 0));
  }

  @Test
  void aCrashMayNotLeaveAHoleInTheOrder() {
    write(0);
    Op second = write(1);
    model.crashed();
    assertThrows(Violation.class, () -> found(0, second.id));
  }

  @Test
  void aCrashMayNotLoseWhatAFlushCovers() {
    write(0);
    model.durableUpTo(model.event());
    model.crashed();
    assertThrows(Violation.class, () -> found(0));
  }

  @Test
  void aStoreThatStopsWhileItIsSearchedGoesOnShowingWhatTheCrashHasLeft() {
    Op first = write(0);
    Op second = write(0);
    Op third = write(1);
    model.crashed();
    model.leaveUnsettled(search(first.id));
    read(volume, 0, first.id);
    read(volume, 1, 0);
    assertThrows(Violation.class, () -> read(volume, 0, second.id));
    assertThrows(Violation.class, () -> read(volume, 1, third.id));
  }

  @Test
  void aStoreThatStopsWhileItIsSearchedShowsNoHoleInTheOrder() {
    Op first = write(0);
    write(0);
    Op third = write(1);
    model.crashed();
    model.leaveUnsettled(search(first.id));
    assertThrows(Violation.class, () -> read(volume, 1, third.id));
  }

  @Test
  void aStoreThatStopsWhileItIsSearchedHasLostNothingThatAFlushCovers() {
    write(0);
    model.durableUpTo(model.event());
    model.crashed();
    model.leaveUnsettled(search());
    assertThrows(Violation.class, () -> read(volume, 0, 0));
  }

  @Test
  void theNextCrashTakesNothingThatAStoreHasShownBeforeItStopped() {
    Op first = write(0);
    Op second = write(0);
    Op third = write(1);
    model.crashed();
    model.leaveUnsettled(search(second.id));
    model.crashed();
    assertThrows(Violation.class, () -> search(first.id));
    found(second.id, third.id);
    read(volume, 1, third.id);
    assertThrows(Violation.class, () -> read(volume, 1, 0));
  }

  @Test
  void whatWasNotAnsweredMayBeThereInPart() {
    Op half = model.invoke(volume, Op.Content.STAMPS, 0, 2);
    model.crashed();
    found(half.id, 0);
    read(volume, 0, half.id);
    read(volume, 1, 0);
  }

  @Test
  void zeroesAreAmbiguousAndTheRestDecides() {
    write(0);
    Op zeroed = model.invoke(volume, Op.Content.NOTHING, 0, 1);
    model.answered(zeroed, true);
    Op last = write(0);
    Op other = write(1);
    model.crashed();
    assertThrows(Violation.class, () -> found(0, other.id));
    found(last.id, other.id);
  }

  @Test
  void aWriteBesideAZeroingOfWhatWasNeverWrittenMayLose() {
    Op zeroing = model.invoke(volume, Op.Content.NOTHING, 0, 8);
    Op beside = model.invoke(volume, Op.Content.STAMPS, 0, 1);
    model.answered(beside, true);
    model.answered(zeroing, true);
    read(volume, 0, 0);
    assertThrows(Violation.class, () -> read(volume, 0, beside.id));
  }

  private View blank() {
    View blank = model.invokeCreate("blank", false, null, 8 * 4096);
    model.created(blank, 2);
    return blank;
  }

  private static Map<String, Model.Found> there(View... views) {
    Map<String, Model.Found> found = new HashMap<>();
    for (View view : views) {
      found.put(view.name, new Model.Found(view.id, false, view.sizeBytes));
    }
    return found;
  }

  @Test
  void aVolumeThatIsFilledHoldsWhatItsSourceHeldAndStaysWhatItIs() {
    View blank = blank();
    Op op = write(3);
    assertSame(blank, model.invokeFill("blank", volume));
    assertThrows(Violation.class, () -> model.filled(blank, 3));
    model.filled(blank, 2);
    read(blank, 3, op.id);
    read(blank, 0, 0);
    assertThrows(Violation.class, () -> read(blank, 3, 0));
    model.crashed();
    Map<String, Model.Found> both = there(volume, blank);
    assertThrows(Violation.class, () -> model.reconcile(both, false));
  }

  @Test
  void aFillThatWasNotAnsweredIsThereWhollyOrNotAtAll() {
    for (boolean done : new boolean[] {false, true}) {
      aVolumeOfFourBlocks();
      View blank = blank();
      Op op = write(3);
      model.invokeFill("blank", volume);
      model.crashed();
      model.reconcile(done ? there(blank) : there(volume, blank), false);
      read(blank, 3, done ? op.id : 0);
      assertThrows(Violation.class, () -> read(blank, 3, done ? 0 : op.id));
      assertEquals(List.of(0L), blank.writtenChunks());
    }
  }

  @Test
  void whatIsMadeOfAnotherIsNotThereBesideItNorAreBothGone() {
    View made = model.invokeFill("made", volume);
    model.crashed();
    made.id = 2;
    Map<String, Model.Found> both = there(volume, made);
    assertThrows(Violation.class, () -> model.reconcile(both, false));
    assertThrows(Violation.class, () -> model.reconcile(Map.of(), false));
  }
}
