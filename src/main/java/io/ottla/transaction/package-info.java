// SPDX-License-Identifier: Apache-2.0

/** Who produces atomically: producer ids, epochs, transactions and their markers. */
package io.ottla.transaction;
