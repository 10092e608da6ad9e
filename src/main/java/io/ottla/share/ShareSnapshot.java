// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.List;

/**
 * Everything that is kept of a share partition.
 *
 * @param snapshotEpoch grows with each snapshot
 * @param stateEpoch    grows when somebody sets the start offset
 * @param leaderEpoch   the partition leader's epoch when the state was last written
 * @param startOffset   -1 if the group has not begun
 * @param finished      how many offsets from the start on are done with; -1 if not known
 * @param createdMs     when the state was first made, in ms since the Unix epoch
 * @param writtenMs     when this was written
 * @param runs          unlocked runs from the start on, in order
 */
record ShareSnapshot(
        int snapshotEpoch, int stateEpoch, int leaderEpoch, long startOffset, int finished, long createdMs, long writtenMs, List<Run> runs) {}
