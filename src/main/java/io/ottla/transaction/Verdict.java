// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import org.apache.kafka.common.protocol.Errors;

/** What the rules say to a producer that starts or ends. */
sealed interface Verdict {
    Verdict REPEATED = new Repeated();
    Verdict WANTS_ID = new WantsId();

    static Verdict refused(Errors error) {
        return new Refused(error);
    }

    record Refused(Errors error) implements Verdict {}

    /** It has been done already: the same answer again. */
    record Repeated() implements Verdict {}

    /** The transactional id takes this step. */
    record Step(Transaction next) implements Verdict {}

    /** Cannot be decided without a producer id that nobody has had. */
    record WantsId() implements Verdict {}
}
