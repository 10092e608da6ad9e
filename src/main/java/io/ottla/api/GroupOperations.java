// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.api.Forwarded.Coordinator;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Adds to the descriptions of groups, where the request asks for it, what may be done with them (KIP-430): that is not the group's to say. */
final class GroupOperations {
    private GroupOperations() {}

    static Coordinator<DescribeGroupsRequestData, DescribeGroupsResponseData> ofClassic(
            Coordinator<DescribeGroupsRequestData, DescribeGroupsResponseData> describing) {
        return amended(describing, DescribeGroupsRequestData::includeAuthorizedOperations, reply -> reply.groups().stream()
                .filter(group -> group.errorCode() == Errors.NONE.code()).forEach(group -> group.setAuthorizedOperations(Operations.ON_GROUP)));
    }

    static Coordinator<ConsumerGroupDescribeRequestData, ConsumerGroupDescribeResponseData> ofConsumers(
            Coordinator<ConsumerGroupDescribeRequestData, ConsumerGroupDescribeResponseData> describing) {
        return amended(describing, ConsumerGroupDescribeRequestData::includeAuthorizedOperations, reply -> reply.groups().stream()
                .filter(group -> group.errorCode() == Errors.NONE.code()).forEach(group -> group.setAuthorizedOperations(Operations.ON_GROUP)));
    }

    static Coordinator<ShareGroupDescribeRequestData, ShareGroupDescribeResponseData> ofShareConsumers(
            Coordinator<ShareGroupDescribeRequestData, ShareGroupDescribeResponseData> describing) {
        return amended(describing, ShareGroupDescribeRequestData::includeAuthorizedOperations, reply -> reply.groups().stream()
                .filter(group -> group.errorCode() == Errors.NONE.code()).forEach(group -> group.setAuthorizedOperations(Operations.ON_GROUP)));
    }

    static Coordinator<StreamsGroupDescribeRequestData, StreamsGroupDescribeResponseData> ofStreams(
            Coordinator<StreamsGroupDescribeRequestData, StreamsGroupDescribeResponseData> describing) {
        return amended(describing, StreamsGroupDescribeRequestData::includeAuthorizedOperations, reply -> reply.groups().stream()
                .filter(group -> group.errorCode() == Errors.NONE.code()).forEach(group -> group.setAuthorizedOperations(Operations.ON_GROUP)));
    }

    private static <Q, R> Coordinator<Q, R> amended(Coordinator<Q, R> describing, Predicate<Q> asked, Consumer<R> amend) {
        return (context, body, reply) -> describing.submit(context, body, described -> {
            if (asked.test(body)) {
                amend.accept(described);
            }
            reply.accept(described);
        });
    }
}
