package dev.cachetide.writebehind;

import dev.cachetide.writebehind.BatchPlan.Command;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which commands of one batch repeat a write that has had its effect, by the names that their
 * writers gave them.
 *
 * <p>Whether the first of two with one name takes effect is known only after it was tried, and the
 * second is a repetition only if it does. So a batch is cut into stretches in which no name stands
 * twice, each applied before the next is looked at. Retries within one batch are rare, and almost
 * every batch is one stretch.
 */
final class WriteIds {

  private final Set<String> ours;
  private final Set<String> free;
  private final List<Command> duplicates = new ArrayList<>();

  /**
   * Begins a batch.
   *
   * @param ours the names among {@link #offsets} that nobody had taken before this batch
   */
  WriteIds(Set<String> ours) {
    this.ours = Set.copyOf(ours);
    this.free = new HashSet<>(ours);
  }

  /** The offset of the first command of each name; empty when no command has one. */
  static SortedMap<String, Long> offsets(List<Decoded> records) {
    SortedMap<String, Long> offsets = new TreeMap<>();
    for (Decoded decoded : records) {
      if (decoded instanceof Command command && command.write().id() != null) {
        offsets.putIfAbsent(command.write().id(), command.record().offset());
      }
    }
    return offsets;
  }

  /** The records in order, cut so that no name stands twice in one stretch. */
  static List<List<Decoded>> stretches(List<Decoded> records) {
    List<List<Decoded>> stretches = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int start = 0;
    for (int i = 0; i < records.size(); i++) {
      if (records.get(i) instanceof Command command
          && command.write().id() != null
          && !names.add(command.write().id())) {
        stretches.add(records.subList(start, i));
        start = i;
        names.clear();
        names.add(command.write().id());
      }
    }
    stretches.add(records.subList(start, records.size()));
    return stretches;
  }

  /** What of the next stretch is to be applied; the rest has had its effect. */
  List<Decoded> due(List<Decoded> stretch) {
    List<Decoded> due = new ArrayList<>(stretch.size());
    for (Decoded decoded : stretch) {
      if (decoded instanceof Command command
          && command.write().id() != null
          && !free.remove(command.write().id())) {
        duplicates.add(command);
      } else {
        due.add(decoded);
      }
    }
    return due;
  }

  /** Learns which commands of the stretch had no effect: their names may be used again. */
  void parked(List<ParkedCommand> parked) {
    for (ParkedCommand command : parked) {
      if (command.writeId() != null) {
        free.add(command.writeId());
      }
    }
  }

  /** The names that were taken for this batch and in the end have had no effect. */
  Set<String> unused() {
    Set<String> unused = new TreeSet<>(ours);
    unused.retainAll(free);
    return unused;
  }

  /** The commands whose one effect happened before, in log order. */
  List<Command> duplicates() {
    return List.copyOf(duplicates);
  }
}
