package io.millrace.engine.sim;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;

/**
 * A bug of the engine, planted in the bytes of one method when a test's class loader defines its
 * class; production code knows nothing of it.
 */
enum Mutant {
  FLUSH_ANSWERED_WHEN_WRITTEN_NOT_WHEN_DURABLE("Durability", "pump", "none") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof FieldInstruction field
            && field.opcode() == Opcode.GETFIELD
            && field.name().equalsString("durableLsn")) {
          code.getfield(type("Durability"), "committer", type("Committer"))
              .invokevirtual(
                  type("Committer"), "appliedLsn", MethodTypeDesc.of(ConstantDescs.CD_long));
        } else {
          code.with(element);
        }
      };
    }
  },

  READ_GIVES_OUT_BLOCKS_WITH_A_WRONG_CHECKSUM("Reader$Run", "handOut", "bit-flip") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof BranchInstruction branch && branch.opcode() == Opcode.IF_ICMPEQ) {
          code.pop2().goto_(branch.target());
        } else {
          code.with(element);
        }
      };
    }
  },

  SEGMENT_FREED_WITH_WRITES_IN_FLIGHT("SegmentTable", "emptied", "none") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof FieldInstruction field && field.name().equalsString("writing")) {
          code.getfield(type("SegmentTable"), "live", field.typeSymbol());
        } else {
          code.with(element);
        }
      };
    }
  },

  SEGMENTS_FREED_BEFORE_THE_ROOT_IS_DURABLE("Checkpointer", "sync", "none") {
    @Override
    long firstSeed() {
      return 60;
    }

    @Override
    CodeTransform planted() {
      return insteadOf(
          "Disk",
          "sync",
          code ->
              code.swap()
                  .pop()
                  .iconst_0()
                  .invokeinterface(
                      type("Disk$Done"),
                      "done",
                      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int)));
    }
  },

  DISCARD_FORGETS_WHAT_THE_PARENTS_HOLD("Blocks", "zeroWithinLeaf", "none") {
    @Override
    CodeTransform planted() {
      return insteadOf("Whiteouts", "has", code -> code.pop2().iconst_0());
    }
  },

  RELOCATION_BEATS_A_LATER_OVERWRITE("Cleaner", "arrived", "none") {
    @Override
    CodeTransform planted() {
      return insteadOf(
          "Namespace",
          "holder",
          code ->
              code.pop2()
                  .pop2()
                  .invokevirtual(
                      type("Namespace"),
                      "owner",
                      MethodTypeDesc.of(type("Layer"), ConstantDescs.CD_long)));
    }
  },

  LEFTOVER_OF_A_CRASH_REPLAYED("Replay", "follows", "none") {
    /** About one seed in a hundred shows it, and none before. */
    @Override
    long firstSeed() {
      return 200;
    }

    @Override
    CodeTransform planted() {
      return answering(1);
    }
  },

  /** Of place and sequence of the block in memory neither counts, only that there is one. */
  PART_OF_A_BLOCK_PUT_ON_ANOTHER_BLOCK("Fill", "holds", "none") {
    @Override
    CodeTransform planted() {
      return instead(
          code -> {
            Label no = code.newLabel();
            code.aload(0)
                .getfield(type("Fill"), "busy", ConstantDescs.CD_boolean)
                .ifne(no)
                .aload(0)
                .getfield(type("Fill"), "location", ConstantDescs.CD_long)
                .lconst_0()
                .lcmp()
                .iflt(no)
                .iconst_1()
                .ireturn()
                .labelBinding(no)
                .iconst_0()
                .ireturn();
          });
    }
  },

  MERGE_WHILE_A_CHECKPOINT_READS_THE_MAPS("Checkpointer", "readsMaps", "none") {
    /** Few seeds show it; this saves going through those before. */
    @Override
    long firstSeed() {
      return 200;
    }

    @Override
    CodeTransform planted() {
      return answering(0);
    }
  },

  END_OF_THE_LOG_NOT_WRITTEN_AGAIN("Recovery", "rewriteCommit", "sync-error") {
    @Override
    CodeTransform planted() {
      return insteadOf("Steps", "write", code -> code.pop().pop2().pop());
    }
  },

  DISCARD_IN_STAGING_NOT_SEEN("PendingZeros", "hides", "none") {
    @Override
    CodeTransform planted() {
      return answering(0);
    }
  },

  STAGED_COMMITS_NOT_TAKEN_OVER("StagingTail", "takeNext", "none") {
    @Override
    CodeTransform planted() {
      return insteadOf("StagingRing", "find", code -> code.pop2().pop().aconst_null());
    }
  },

  OLDER_VERSION_OF_A_STAGED_BLOCK_TAKEN_OVER("StagingPlace", "isSuperseded", "none") {
    @Override
    long firstSeed() {
      return 1652;
    }

    @Override
    CodeTransform planted() {
      return answering(0);
    }
  },

  STAGING_GIVEN_BACK_BEFORE_THE_LOG_HAS_IT("StagingPlace", "seal", "none") {
    @Override
    CodeTransform planted() {
      return instead(
          code ->
              code.aload(0)
                  .invokevirtual(
                      type("StagingPlace"), "free", MethodTypeDesc.of(ConstantDescs.CD_void))
                  .return_());
    }
  },

  DURABLE_VOLUME_ANSWERS_WHEN_STAGED("Writer", "end", "none") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof FieldInstruction field && field.name().equalsString("durable")) {
          code.pop().iconst_0();
        } else {
          code.with(element);
        }
      };
    }
  },

  FAILED_SYNC_TAKEN_FOR_GOOD("Disk", "completed", "sync-error") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof LoadInstruction load && load.slot() == 3) {
          code.iconst_0();
        } else {
          code.with(element);
        }
      };
    }
  },

  SYNC_WHILE_ANOTHER_IS_UNDER_WAY("Disk", "sync", "none") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof FieldInstruction field && field.name().equalsString("syncing")) {
          code.pop().iconst_0();
        } else {
          code.with(element);
        }
      };
    }
  },

  SYNC_TAKEN_TO_COVER_WHAT_CAME_AFTER_IT("Durability$Sync", "done", "none") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof FieldInstruction field && field.name().equalsString("lsn")) {
          code.getfield(type("Durability$Sync"), "this$0", type("Durability"))
              .getfield(type("Durability"), "committer", type("Committer"))
              .invokevirtual(
                  type("Committer"), "appliedLsn", MethodTypeDesc.of(ConstantDescs.CD_long));
        } else {
          code.with(element);
        }
      };
    }
  },

  CHANGED_LEAVES_LEAVE_MEMORY("LayerMap", "mayLeave", "none") {
    @Override
    CodeTransform planted() {
      return answering(1);
    }
  },

  WHAT_A_PARTIAL_LEAF_HAS_REPLACED_STAYS_LIVE("Blocks", "killOlder", "none") {
    @Override
    CodeTransform planted() {
      return instead(code -> code.return_());
    }
  },

  CHECKPOINT_DOES_NOT_SEE_BLOCKS_THAT_COME_TO_LIFE("CutSlots", "born", "none") {
    @Override
    CodeTransform planted() {
      return instead(code -> code.return_());
    }
  },

  CHECKPOINT_DOES_NOT_SEE_BLOCKS_THAT_DIE("CutSlots", "died", "none") {
    @Override
    CodeTransform planted() {
      return instead(code -> code.return_());
    }
  },

  WHAT_A_CHECKPOINT_HAS_PASSED_COUNTS_AS_AHEAD_OF_IT("MapWalk", "isBefore", "none") {
    @Override
    CodeTransform planted() {
      return answering(1);
    }
  },

  FILL_ANSWERED_BEFORE_IT_IS_DURABLE("Commander", "execute", "none") {
    @Override
    CodeTransform planted() {
      return insteadOf(
          "Committer",
          "sealAll",
          code -> {
            Label other = code.newLabel();
            code.invokevirtual(
                    type("Committer"), "sealAll", MethodTypeDesc.of(ConstantDescs.CD_long))
                .aload(1)
                .getfield(type("Commander$Held"), "command", type("Command"))
                .instanceOf(type("Command$FillVolume"))
                .ifeq(other)
                .pop2()
                .lconst_0()
                .labelBinding(other);
          });
    }
  },

  /** Half a fill: its last record, by which the source goes, is left out. */
  SOURCE_OF_A_FILL_STAYS("Commander", "fill", "none") {
    @Override
    CodeTransform planted() {
      return new CodeTransform() {
        private int adds;

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
          boolean adding =
              element instanceof InvokeInstruction call && call.name().equalsString("add");
          if (adding && ++adds == FILL_RECORDS) {
            code.pop2().iconst_0();
          } else {
            code.with(element);
          }
        }
      };
    }
  },

  LOG_CUT_SHORT_BEFORE_WHAT_WAS_DURABLE("Replay", "run", "bit-flip,lost-write") {
    @Override
    CodeTransform planted() {
      return (code, element) -> {
        if (element instanceof BranchInstruction branch && branch.opcode() == Opcode.IFGE) {
          code.pop().goto_(branch.target());
        } else {
          code.with(element);
        }
      };
    }
  };

  private static final String CORE = "io.millrace.engine.core.";
  private static final int FILL_RECORDS = 4;

  private final String className;
  private final String method;
  private final String faults;

  Mutant(String className, String method, String faults) {
    this.className = CORE + className;
    this.method = method;
    this.faults = faults;
  }

  /** What the disk must do for the bug to show. */
  String faults() {
    return faults;
  }

  String className() {
    return className;
  }

  String method() {
    return method;
  }

  /** Where to begin. */
  long firstSeed() {
    return 1;
  }

  /** Changes the code of the method. */
  abstract CodeTransform planted();

  private static ClassDesc type(String name) {
    return ClassDesc.of(name.contains(".") ? name : CORE + name);
  }

  /** The method does nothing but answer this. */
  private static CodeTransform answering(int answer) {
    return instead(code -> code.loadConstant(answer).return_(TypeKind.INT));
  }

  /** All of a method's code is another. */
  private static CodeTransform instead(Consumer<CodeBuilder> body) {
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder code) {
        body.accept(code);
      }

      @Override
      public void accept(CodeBuilder code, CodeElement element) {
        // What was there is left out.
      }
    };
  }

  /** Something else stands for each call of another method; its arguments are on the stack. */
  private static CodeTransform insteadOf(
      String owner, String name, Consumer<CodeBuilder> replacement) {
    return (code, element) -> {
      if (element instanceof InvokeInstruction call
          && call.owner().asSymbol().equals(type(owner))
          && call.name().equalsString(name)) {
        replacement.accept(code);
      } else {
        code.with(element);
      }
    };
  }
}
