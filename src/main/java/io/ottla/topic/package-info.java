// SPDX-License-Identifier: Apache-2.0

/** What a topic and a partition are, whoever stores them: the storage seam and the topic configs. */
package io.ottla.topic;
