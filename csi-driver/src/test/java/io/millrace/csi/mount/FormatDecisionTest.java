package io.millrace.csi.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.millrace.csi.mount.FormatDecision.Make;
import io.millrace.csi.mount.FormatDecision.Origin;
import io.millrace.csi.mount.FormatDecision.Refuse;
import io.millrace.csi.mount.FormatDecision.Use;
import io.millrace.csi.volume.Filesystem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Format or not: the decision that can lose somebody's data. */
class FormatDecisionTest {
  private static final Filesystem EXT4 = Filesystem.EXT4;

  @ParameterizedTest(name = "blkid {0}, {1}, begins with zeros {2}: {3}")
  @CsvSource({
    "0, 'DEVNAME=/dev/x\nTYPE=ext4',                 false, Known",
    "0, 'DEVNAME=/dev/x\nTYPE=ext4\nPTTYPE=dos',     false, Known",
    "0, 'DEVNAME=/dev/x\nPTTYPE=gpt',                false, Foreign",
    "0, 'DEVNAME=/dev/x',                            true,  Foreign",
    "2, '',                                          true,  Blank",
    "2, '',                                          false, Foreign",
    "8, 'ambivalent',                                true,  Foreign",
    "1, 'no such device',                            true,  Foreign",
    "127, 'not found',                               true,  Foreign",
  })
  void onlyWhatBlkidDoesNotKnowAndIsZeroIsBlank(
      int exitCode, String export, boolean zeros, String expected) {
    assertEquals(expected, Signature.of(exitCode, export, zeros).getClass().getSimpleName());
  }

  @Test
  void blankIsFormattedUnlessReadOnly() {
    var blank = new Signature.Blank();
    assertEquals(
        new Make(Filesystem.XFS),
        FormatDecision.decide(blank, Filesystem.XFS, Origin.ANYBODY, false));
    assertInstanceOf(Refuse.class, FormatDecision.decide(blank, EXT4, Origin.ANYBODY, true));
  }

  @Test
  void aFilesystemIsUsedAsWhatItIs() {
    for (boolean readOnly : List.of(true, false)) {
      assertEquals(new Use(EXT4), decide(new Signature.Known("ext4"), readOnly));
      assertEquals(new Use(Filesystem.XFS), decide(new Signature.Known("xfs"), readOnly));
    }
  }

  @Test
  void anythingElseIsLeftAlone() {
    for (String type : List.of("ext3", "btrfs", "swap", "LVM2_member", "crypto_LUKS", "ntfs", "")) {
      assertInstanceOf(Refuse.class, decide(new Signature.Known(type), false));
    }
    assertInstanceOf(
        Refuse.class, decide(new Signature.Foreign("a partition table of type gpt"), false));
  }

  @Test
  void onlyOurOwnUnfinishedWorkIsFormattedAgain() {
    var broken = new Signature.Known("xfs");
    assertEquals(new Make(EXT4), FormatDecision.decide(broken, EXT4, Origin.BEGUN_BY_US, false));
    assertInstanceOf(Refuse.class, FormatDecision.decide(broken, EXT4, Origin.BEGUN_BY_US, true));
  }

  @Test
  void whatWasClonedIsNeverFormattedUnlessItIsBlank() {
    assertEquals(Origin.BEGUN_BY_US_ON_A_CLONE, Origin.of(true, true));
    assertEquals(Origin.BEGUN_BY_US, Origin.of(true, false));
    assertEquals(Origin.ANYBODY, Origin.of(false, true));
    for (var held :
        List.of(
            new Signature.Known("ext4"),
            new Signature.Known("xfs"),
            new Signature.Foreign("data without a known signature"))) {
      assertInstanceOf(
          Refuse.class, FormatDecision.decide(held, EXT4, Origin.BEGUN_BY_US_ON_A_CLONE, false));
    }
    assertEquals(
        new Make(EXT4),
        FormatDecision.decide(new Signature.Blank(), EXT4, Origin.BEGUN_BY_US_ON_A_CLONE, false));
  }

  private static FormatDecision decide(Signature signature, boolean readOnly) {
    return FormatDecision.decide(signature, EXT4, Origin.ANYBODY, readOnly);
  }
}
