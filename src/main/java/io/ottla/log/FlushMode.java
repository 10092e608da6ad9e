// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/** When records count as durable: once the device has them, or as soon as the operating system has them (Kafka's default). */
public enum FlushMode { DISK, OS }
