// SPDX-License-Identifier: Apache-2.0

/** Who consumes what: consumer groups, their members and their committed offsets. */
package io.ottla.group;
