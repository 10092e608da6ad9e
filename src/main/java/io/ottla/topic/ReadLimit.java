// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/** How far a read may go: all that is written (coordinators replaying), all that is durable, or all that is decided. */
public enum ReadLimit { LOG_END, HIGH_WATERMARK, LAST_STABLE }
