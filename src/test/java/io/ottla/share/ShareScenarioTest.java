// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.testkit.Stories;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The stories of share groups: what becomes of records, and what becomes of members. They are the documentation of how these behave. */
class ShareScenarioTest {
    @TestFactory
    Stream<DynamicTest> records() throws IOException {
        return Stories.play(name -> name.startsWith("share-records-"), () -> new RecordsScenario()::step);
    }

    @TestFactory
    Stream<DynamicTest> members() throws IOException {
        return Stories.play(name -> name.startsWith("share-members-"), () -> new MembersScenario()::step);
    }
}
