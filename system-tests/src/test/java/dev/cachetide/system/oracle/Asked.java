package dev.cachetide.system.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.List;

/** What a condition asks of one value. */
sealed interface Asked {

  JsonNodeFactory JSON = JsonNodeFactory.instance;

  boolean passes(String text);

  JsonNode json();

  /** NULL, when there is none. */
  record Equal(String wanted) implements Asked {
    @Override
    public boolean passes(String text) {
      return wanted == null ? text == null : wanted.equals(text);
    }

    @Override
    public JsonNode json() {
      return wanted == null ? JSON.nullNode() : JSON.textNode(wanted);
    }
  }

  /** Yes or no. */
  record Bool(boolean wanted) implements Asked {
    @Override
    public boolean passes(String text) {
      return text != null && text.equals(wanted ? "true" : "false");
    }

    @Override
    public JsonNode json() {
      return JSON.booleanNode(wanted);
    }
  }

  /** A number, with a name for how it compares; none for equality. */
  record Numeric(String how, BigDecimal with) implements Asked {
    @Override
    public boolean passes(String text) {
      if (text == null) {
        return false;
      }
      int sign = new BigDecimal(text).compareTo(with);
      return switch (how) {
        case "below" -> sign < 0;
        case "at_most" -> sign <= 0;
        case "above" -> sign > 0;
        case "at_least" -> sign >= 0;
        default -> sign == 0;
      };
    }

    @Override
    public JsonNode json() {
      return how.isEmpty()
          ? JSON.numberNode(with)
          : JSON.objectNode().set(how, JSON.numberNode(with));
    }
  }

  /** One of several; or with {@code not}, none of them. */
  record OneOf(boolean not, List<Asked> of) implements Asked {
    @Override
    public boolean passes(String text) {
      return not != of.stream().anyMatch(each -> each.passes(text));
    }

    @Override
    public JsonNode json() {
      ArrayNode all = JSON.arrayNode();
      of.forEach(each -> all.add(each.json()));
      return not ? JSON.objectNode().set("not", all) : all;
    }
  }

  /** A text with a known beginning, middle or end. */
  record Like(String begins, String contains, String ends) implements Asked {
    @Override
    public boolean passes(String text) {
      return text != null
          && text.length() >= begins.length() + contains.length() + ends.length()
          && text.startsWith(begins)
          && text.endsWith(ends)
          && text.substring(begins.length(), text.length() - ends.length()).contains(contains);
    }

    @Override
    public ObjectNode json() {
      String like = escaped(begins) + "%" + escaped(contains) + "%" + escaped(ends);
      return JSON.objectNode().put("like", like);
    }

    private static String escaped(String text) {
      return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
    }
  }
}
