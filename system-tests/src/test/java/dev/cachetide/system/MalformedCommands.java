package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Things that can arrive in the write topic and cannot be applied to {@code stock}. */
enum MalformedCommands {
  EMPTY(""),
  NOT_JSON("this is no JSON"),
  CUT_OFF("{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":1"),
  BINARY("\u0000\u0001\u0002\u00ff"),
  ARRAY("[]"),
  NO_VERSION("{\"op\":\"delete\",\"table\":\"public.stock\",\"key\":{\"id\":1}}"),
  FUTURE_VERSION("{\"v\":99,\"op\":\"delete\",\"table\":\"public.stock\",\"key\":{\"id\":1}}"),
  NO_OPERATION("{\"v\":1,\"table\":\"public.stock\",\"key\":{\"id\":1}}"),
  UNKNOWN_OPERATION("{\"v\":1,\"op\":\"truncate\",\"table\":\"public.stock\",\"key\":{\"id\":1}}"),
  NO_TABLE("{\"v\":1,\"op\":\"delete\",\"key\":{\"id\":1}}"),
  TABLE_NOT_LISTED(
      "{\"v\":1,\"op\":\"delete\",\"table\":\"pg_catalog.pg_class\",\"key\":{\"oid\":1}}"),
  NO_KEY("{\"v\":1,\"op\":\"delete\",\"table\":\"public.stock\"}"),
  OTHER_KEY("{\"v\":1,\"op\":\"delete\",\"table\":\"public.stock\",\"key\":{\"name\":\"x\"}}"),
  NULL_KEY("{\"v\":1,\"op\":\"delete\",\"table\":\"public.stock\",\"key\":{\"id\":null}}"),
  UNKNOWN_COLUMN(
      "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":900001},\"set\":{\"colour\":\"red\"}}"),
  TEXT_FOR_A_NUMBER(
      "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":900002},\"set\":{\"n\":\"many\"}}"),
  CHECK_VIOLATED(
      "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":900003},\"set\":{\"n\":-1}}"),
  TOO_LONG(
      "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":900004},\"set\":{\"code\":\"much too long\"}}"),
  DELTA_OF_TEXT(
      "{\"v\":1,\"op\":\"delta\",\"table\":\"public.stock\",\"key\":{\"id\":1},\"add\":{\"code\":1}}"),
  ROW_DOES_NOT_EXIST(
      "{\"v\":1,\"op\":\"delta\",\"table\":\"public.stock\",\"key\":{\"id\":999999},\"add\":{\"n\":1}}"),
  OUT_OF_RANGE(
      "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":900005},\"set\":{\"n\":99999999999}}");

  private final String text;

  MalformedCommands(String text) {
    this.text = text;
  }

  byte[] bytes() {
    return text.getBytes(UTF_8);
  }

  /** The {@code i}-th of an endless list of all kinds. */
  static MalformedCommands at(int i) {
    List<MalformedCommands> all = List.of(values());
    return all.get(i % all.size());
  }
}
