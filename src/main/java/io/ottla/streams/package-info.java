// SPDX-License-Identifier: Apache-2.0

/** Streams groups (KIP-1071): which instance of a Kafka Streams application works on which task, and the topics that it needs. */
package io.ottla.streams;
