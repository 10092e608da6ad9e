// SPDX-License-Identifier: Apache-2.0

/** Who works through a topic together: share groups, their locks on records, and their deliveries. */
package io.ottla.share;
