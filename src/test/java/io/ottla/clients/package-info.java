// SPDX-License-Identifier: Apache-2.0
/** Real clients, in Java and other languages, against the broker under test; they pass against Apache Kafka too. */
package io.ottla.clients;
