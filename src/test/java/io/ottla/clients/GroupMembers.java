// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.util.List;
import java.util.stream.Stream;

/** Programs of other languages that are members of one group and say what they do: {@code record P O VALUE}, {@code committed P O}. */
final class GroupMembers {
    private final List<ChildProcess> members;

    GroupMembers(ChildProcess... members) {
        this.members = List.of(members);
    }

    /** Waits until the group has members with so many partitions each, smallest first. */
    void awaitShares(Clients clients, String group, Integer... shares) {
        Eventually.until(() -> "shares " + List.of(shares) + "\n" + this, () -> {
            var described = Clients.await(clients.admin().describeConsumerGroups(List.of(group)).describedGroups().get(group));
            return described.members().stream().map(member -> member.assignment().topicPartitions().size()).sorted().toList()
                    .equals(List.of(shares));
        });
    }

    /** Waits until so many different records are committed. */
    void awaitCommitted(int count) {
        Eventually.until(() -> count + " committed\n" + this,
                () -> output().stream().filter(line -> line.startsWith("committed")).distinct().count() == count);
    }

    List<String> output() {
        return members.stream().flatMap(member -> member.output().stream()).toList();
    }

    @Override
    public String toString() {
        return String.join("\n---\n", members.stream().map(member -> String.join("\n",
                Stream.concat(member.output().stream(), member.errors().stream()).toList())).toList());
    }
}
