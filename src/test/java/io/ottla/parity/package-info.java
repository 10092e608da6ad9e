// SPDX-License-Identifier: Apache-2.0

/** Whether Ottla answers as Apache Kafka does: scripts of requests with the answers that Apache Kafka gave. */
package io.ottla.parity;
