// SPDX-License-Identifier: Apache-2.0

/** Kafka's protocol over buffers: frames, headers, messages, and record batches as views over bytes. */
package io.ottla.wire;
