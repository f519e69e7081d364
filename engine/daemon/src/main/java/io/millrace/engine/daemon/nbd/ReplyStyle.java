package io.millrace.engine.daemon.nbd;

/** How replies look, and with EXTENDED requests too. */
enum ReplyStyle {
  SIMPLE,
  STRUCTURED,
  EXTENDED
}
