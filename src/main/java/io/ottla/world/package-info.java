// SPDX-License-Identifier: Apache-2.0

/** Clock, timers, files and randomness: everything that a simulation replaces, and nothing else. */
package io.ottla.world;
