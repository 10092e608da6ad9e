// SPDX-License-Identifier: Apache-2.0
/** What tests of several rooms share: the broker under test, clients of it, child processes. */
package io.ottla.testkit;
