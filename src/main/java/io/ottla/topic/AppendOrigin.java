// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/** Who appends: clients are distrusted in everything; coordinators may write control batches and internal topics. */
public enum AppendOrigin { CLIENT, COORDINATOR }
