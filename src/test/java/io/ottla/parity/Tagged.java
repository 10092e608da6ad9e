// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

/** A value in a script that stands for bytes: {@code batch{...}}, {@code hex"..."} and the like. */
record Tagged(String tag, Object value) {}
