/** Tests of the starter. */
package dev.cachetide.spring;
