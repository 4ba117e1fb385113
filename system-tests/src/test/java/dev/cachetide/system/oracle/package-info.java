/**
 * Random rules over random changes, held against an oracle that shares no code with the product;
 * start at {@link dev.cachetide.system.oracle.RuleOracleIT}.
 */
@NullMarked
package dev.cachetide.system.oracle;

import org.jspecify.annotations.NullMarked;
