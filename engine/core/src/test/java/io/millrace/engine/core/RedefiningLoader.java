package io.millrace.engine.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Defines the engine and its tests anew, each class as the subclass wants its bytes. */
public abstract class RedefiningLoader extends ClassLoader {
  private static final String OURS = "io.millrace.engine.";

  protected RedefiningLoader() {
    super(RedefiningLoader.class.getClassLoader());
  }

  /** The bytes that a class is defined from, made of those that it has. */
  protected abstract byte[] redefined(String name, byte[] bytes);

  @Override
  protected final Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes = redefined(name, bytes(name));
    return defineClass(name, bytes, 0, bytes.length);
  }

  private byte[] bytes(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
