// SPDX-License-Identifier: Apache-2.0

/** Sockets to requests, and replies in the order asked. */
package io.ottla.network;
