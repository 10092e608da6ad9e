// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/**
 * Who appends: clients are distrusted in everything; coordinators may write control batches and internal topics. What a
 * coordinator appends may become durable a moment later, unless {@link Partition#whenDurable} is asked about it.
 */
public enum AppendOrigin { CLIENT, COORDINATOR }
