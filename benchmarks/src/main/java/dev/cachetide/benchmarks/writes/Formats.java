package dev.cachetide.benchmarks.writes;

import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.util.Map;

/** The two spellings of one command. */
enum Formats implements Topic.Format {

  /** Cachetide's, which the hand-written loop reads as well. */
  COMMANDS {
    @Override
    public byte[] key(Row row) {
      return WriteCommandCodec.recordKey(command(row));
    }

    @Override
    public byte[] value(Row row) {
      return WriteCommandCodec.encode(command(row));
    }
  },

  /** Flat JSON, whose schema the sink is told once and for all: the least it can be given. */
  FLAT {
    @Override
    public byte[] key(Row row) {
      return Topic.utf8("{\"id\":" + row.id() + "}");
    }

    @Override
    public byte[] value(Row row) {
      return Topic.utf8(
          "{\"name\":\"%s\",\"price\":%s,\"stock\":%d}"
              .formatted(row.name(), row.price().toPlainString(), row.stock()));
    }
  };

  private static WriteCommand command(Row row) {
    return WriteCommand.upsert("public." + Row.TABLE, Map.of("id", row.id()), row.columns());
  }
}
