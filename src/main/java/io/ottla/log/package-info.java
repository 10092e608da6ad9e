// SPDX-License-Identifier: Apache-2.0

/** Partitions kept as segment files on the local disk: append, index, flush, recovery, retention, compaction. */
package io.ottla.log;
