package io.millrace.engine.core;

/** Why a command was refused; the daemon translates it to a status once. */
public sealed interface StoreError {
  /** For people: names the object, what was needed, what there was. */
  String message();

  /** No such volume or snapshot. */
  record NotFound(String message) implements StoreError {}

  /** The name stands for something else. */
  record AlreadyExists(String message) implements StoreError {}

  /** Bad input, whatever the state. */
  record InvalidArgument(String message) implements StoreError {}

  /** Not in this state. */
  record FailedPrecondition(String message) implements StoreError {}

  /** The store is full. */
  record NoSpace(String message, long neededBytes, long freeBytes) implements StoreError {}

  /** Still recovering, or closing. */
  record Unavailable(String message) implements StoreError {}

  /** The store is damaged, or has stopped after a failed write, or what is needed is unreadable. */
  record Stopped(String message) implements StoreError {}
}
