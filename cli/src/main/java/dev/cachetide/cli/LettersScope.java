package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter.Source;
import java.util.Set;

/** Which of the things set aside a group of commands is about. */
interface LettersScope {

  Set<Source> sources();
}
