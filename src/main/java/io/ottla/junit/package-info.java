// SPDX-License-Identifier: Apache-2.0

/** A broker for JUnit 5 tests, started when a test asks for it and stopped after its class. */
package io.ottla.junit;
