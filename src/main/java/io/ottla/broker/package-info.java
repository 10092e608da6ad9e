// SPDX-License-Identifier: Apache-2.0

/** Puts the rooms together and runs them: start, stop, configuration, and the embedded broker. */
package io.ottla.broker;
