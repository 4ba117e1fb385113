package dev.cachetide.writebehind;

import dev.cachetide.wire.MalformedCommandException;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One partition's records of one poll, read and checked against the catalogue.
 *
 * @param planned the commands that their tables can take, in log order
 * @param parked the records that are no commands, or that no table can take
 */
record BatchPlan(List<Planned> planned, List<ParkedCommand> parked) {

  static BatchPlan of(List<Decoded> records, WriteCatalog catalog) {
    CommandPlanner planner = new CommandPlanner(catalog);
    List<Planned> planned = new ArrayList<>(records.size());
    List<ParkedCommand> parked = new ArrayList<>();
    for (Decoded decoded : records) {
      if (decoded instanceof Malformed malformed) {
        parked.add(ParkedCommand.malformed(decoded.record(), malformed.reason()));
      } else if (decoded instanceof Command command) {
        try {
          RowOp foreseen = command.foreseen(catalog);
          planned.add(
              foreseen == null
                  ? new Planned(command, planner.plan(command.write()), Doubts.UNKNOWN)
                  : new Planned(command, foreseen, command.doubts()));
        } catch (MisfitException e) {
          parked.add(command.refused(String.valueOf(e.getMessage()), null));
        }
      }
    }
    return new BatchPlan(planned, parked);
  }

  /** Reads records, and foresees what they mean should the catalogue still be this one. */
  static List<Decoded> decode(List<ConsumerRecord<byte[], byte[]>> records, WriteCatalog catalog) {
    CommandPlanner planner = new CommandPlanner(catalog);
    List<Decoded> decoded = new ArrayList<>(records.size());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Decoded read = decode(record);
      decoded.add(read instanceof Command command ? foreseen(command, catalog, planner) : read);
    }
    return decoded;
  }

  private static Command foreseen(Command command, WriteCatalog catalog, CommandPlanner planner) {
    try {
      RowOp op = planner.plan(command.write);
      return new Command(command.record, command.write, catalog, op, Doubts.UNKNOWN);
    } catch (MisfitException e) {
      // nothing is refused before the catalogue of the transaction is at hand
      return command;
    }
  }

  /** The effects of {@link #planned}, by the same index. */
  List<RowOp> log() {
    return planned.stream().map(Planned::op).toList();
  }

  private static Decoded decode(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return new Malformed(record, "record without a value");
    }
    if (record.key() == null || record.key().length == 0) {
      return new Malformed(
          record, "record without a key: writes of one row would not stay in one partition");
    }
    try {
      return new Command(
          record, WriteCommandCodec.decode(record.value()), null, null, Doubts.UNKNOWN);
    } catch (MalformedCommandException e) {
      return new Malformed(record, String.valueOf(e.getMessage()));
    }
  }

  /** A record, read. */
  sealed interface Decoded {
    ConsumerRecord<byte[], byte[]> record();
  }

  /**
   * A record that is a command.
   *
   * @param catalog by which {@code op} was foreseen; null when nothing was
   * @param op its effect by that catalogue
   * @param doubts about that effect
   */
  record Command(
      ConsumerRecord<byte[], byte[]> record,
      WriteCommand write,
      @Nullable WriteCatalog catalog,
      @Nullable RowOp op,
      Doubts doubts)
      implements Decoded {

    Command with(Doubts found) {
      return new Command(record, write, catalog, op, found);
    }

    /** Its effect, if it was foreseen by this very catalogue. */
    @SuppressWarnings("ReferenceEquality") // equal ones would do, and take long to compare
    @Nullable RowOp foreseen(WriteCatalog current) {
      return catalog == current ? op : null;
    }

    ParkedCommand refused(String reason, @Nullable String sqlState) {
      return ParkedCommand.refused(record, write, reason, sqlState);
    }

    ParkedCommand conflict(@Nullable String found) {
      return ParkedCommand.conflict(record, write, found);
    }
  }

  /** A record that is no command. */
  record Malformed(ConsumerRecord<byte[], byte[]> record, String reason) implements Decoded {}

  /** A command, its effect, and what is known of that. */
  record Planned(Command source, RowOp op, Doubts doubts) {}
}
