// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

/** One piece of an application's work: a partition of the topics that a subtopology reads. */
record TaskId(String subtopology, int partition) implements Comparable<TaskId> {
    @Override
    public int compareTo(TaskId other) {
        int bySubtopology = subtopology.compareTo(other.subtopology);
        return bySubtopology != 0 ? bySubtopology : Integer.compare(partition, other.partition);
    }
}
