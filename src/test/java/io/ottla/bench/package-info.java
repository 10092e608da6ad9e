// SPDX-License-Identifier: Apache-2.0

/** The benchmark: what Ottla does as a process of its own, row by row, and what Apache Kafka does beside it. */
package io.ottla.bench;
