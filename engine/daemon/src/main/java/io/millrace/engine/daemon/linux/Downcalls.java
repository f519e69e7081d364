package io.millrace.engine.daemon.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * How the classes of this package bind a libc function and learn its errno.
 *
 * <p>Pointers are passed as {@code long}, so that a call on the data path makes no object. Every
 * handle that tells errno takes a segment for it first ({@link #errnoSlot}).
 */
final class Downcalls {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(StructLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> SLOT =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURED));

  private Downcalls() {}

  /** Binds {@code name}; a fixed argument list. */
  static MethodHandle bind(String name, FunctionDescriptor descriptor) {
    return bind(name, descriptor, -1);
  }

  /** Binds {@code name}, of which the arguments from {@code firstVariadic} on stand for "...". */
  static MethodHandle bind(String name, FunctionDescriptor descriptor, int firstVariadic) {
    List<Linker.Option> options = new ArrayList<>();
    options.add(Linker.Option.captureCallState("errno"));
    if (firstVariadic >= 0) {
      options.add(Linker.Option.firstVariadicArg(firstVariadic));
    }
    return link(name, descriptor, options);
  }

  /** The same without errno: the call tells only that it has failed, and takes no segment. */
  static MethodHandle bindWithoutErrno(
      String name, FunctionDescriptor descriptor, int firstVariadic) {
    return link(name, descriptor, List.of(Linker.Option.firstVariadicArg(firstVariadic)));
  }

  @SuppressWarnings("restricted") // the purpose of this package
  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, List<Linker.Option> options) {
    MemorySegment function =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("libc has no function " + name));
    return LINKER.downcallHandle(function, descriptor, options.toArray(Linker.Option[]::new));
  }

  static FunctionDescriptor ints(ValueLayout... arguments) {
    return FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments);
  }

  static FunctionDescriptor longs(ValueLayout... arguments) {
    return FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments);
  }

  /** This thread's place for errno. */
  static MemorySegment errnoSlot() {
    return SLOT.get();
  }

  /** The result, or -errno when it is negative. */
  static long orErrno(long result, MemorySegment slot) {
    return result >= 0 ? result : -(int) ERRNO.get(slot, 0L);
  }

  /** A downcall throws nothing of its own: what arrives is an Error of the virtual machine. */
  static AssertionError unexpected(Throwable thrown) {
    return new AssertionError("a native call threw", thrown);
  }
}
