// SPDX-License-Identifier: Apache-2.0

/** One small class for each Kafka API, its versions and its error codes beside it. */
package io.ottla.api;
