// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

/** A protocol (an assignor, for consumers) that a classic member can follow, and what it tells the leader in that case. */
record MemberProtocol(String name, byte[] metadata) {}
