// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.testkit.Stories;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The stories of classic and consumer groups and of offsets: the documentation of how these behave. */
class ScenarioTest {
    @TestFactory
    Stream<DynamicTest> stories() throws IOException {
        return Stories.play(name -> !name.startsWith("share-"), () -> new Scenario()::step);
    }
}
