// SPDX-License-Identifier: Apache-2.0

/** One writer, one journal, pure decisions: the loop that groups and transactions run on. */
package io.ottla.coordinator;
