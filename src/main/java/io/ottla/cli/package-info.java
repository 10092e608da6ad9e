// SPDX-License-Identifier: Apache-2.0

/** The command line: every subcommand of the one program. */
package io.ottla.cli;
