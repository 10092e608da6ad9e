// SPDX-License-Identifier: Apache-2.0

/** The rooms together, from the requests of clients down to a disk that loses what was not flushed, every step in the test's hands. */
package io.ottla.simulation;
