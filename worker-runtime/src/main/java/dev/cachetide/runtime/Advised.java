package dev.cachetide.runtime;

/** A failure that knows which setting of the file it is about. */
public interface Advised {

  /** What to change, by the setting's name and without any value; a clause, no full stop. */
  String advice();
}
