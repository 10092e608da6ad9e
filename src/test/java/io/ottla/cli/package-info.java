// SPDX-License-Identifier: Apache-2.0

/** What the launcher and the command line promise, shown with real processes. */
package io.ottla.cli;
