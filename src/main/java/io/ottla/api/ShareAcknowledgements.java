// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.share.Acknowledgement;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.protocol.Errors;

/** Acknowledgements as requests carry them, checked. */
final class ShareAcknowledgements {
    private static final int RENEW = Acknowledgement.Kind.RENEW.ordinal();
    private static final int REJECT = Acknowledgement.Kind.REJECT.ordinal();

    private ShareAcknowledgements() {}

    /** Kafka says more than the error's code only where a lock is in question. */
    static String messageOf(Errors error) {
        return error == Errors.INVALID_RECORD_STATE ? error.message() : null;
    }

    /** Null if they make no sense: INVALID_REQUEST. */
    static List<Acknowledgement> ofFetch(List<ShareFetchRequestData.AcknowledgementBatch> batches, boolean renews) {
        List<Acknowledgement> read = new ArrayList<>(batches.size());
        for (ShareFetchRequestData.AcknowledgementBatch batch : batches) {
            if (!add(read, batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes(), renews)) {
                return null;
            }
        }
        return read;
    }

    /** Null if they make no sense: INVALID_REQUEST. */
    static List<Acknowledgement> ofAcknowledge(List<ShareAcknowledgeRequestData.AcknowledgementBatch> batches, boolean renews) {
        List<Acknowledgement> read = new ArrayList<>(batches.size());
        for (ShareAcknowledgeRequestData.AcknowledgementBatch batch : batches) {
            if (!add(read, batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes(), renews)) {
                return null;
            }
        }
        return read;
    }

    /** What a record that was dealt with before it is asked about makes of the request is decided where the records are. */
    private static boolean add(List<Acknowledgement> read, long first, long last, List<Byte> types, boolean renews) {
        boolean inOrder = first <= last && (read.isEmpty() || read.getLast().last() <= first);
        boolean complete = types.size() == 1 || types.size() == last - first + 1;
        if (!inOrder || !complete) {
            return false;
        }
        List<Acknowledgement.Kind> kinds = new ArrayList<>(types.size());
        for (byte type : types) {
            if (type < 0 || type > (renews ? RENEW : REJECT)) {
                return false;
            }
            kinds.add(Acknowledgement.Kind.of(type));
        }
        read.add(new Acknowledgement(first, last, kinds));
        return true;
    }
}
