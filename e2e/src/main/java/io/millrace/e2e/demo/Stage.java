package io.millrace.e2e.demo;

/** What a desktop goes through on its way to a login prompt, in order. */
enum Stage {
  CREATED("desktop created"),
  CLONE_BOUND("clone bound"),
  POD_SCHEDULED("pod scheduled"),
  GUEST_BOOTING("guest booting"),
  LOGIN_REACHED("login reached");

  final String words;

  Stage(String words) {
    this.words = words;
  }
}
