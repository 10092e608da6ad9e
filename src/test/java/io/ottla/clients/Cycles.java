// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the strongly connected parts of a graph with more than one node (Kosaraju's two passes, without recursion). */
final class Cycles {
    private final Map<String, Set<String>> edges;
    private final Set<String> visited = new HashSet<>();
    private final Set<String> done = new HashSet<>();

    private Cycles(Map<String, Set<String>> edges) {
        this.edges = edges;
    }

    static List<Set<String>> in(Map<String, Set<String>> edges) {
        Map<String, Set<String>> reversed = new HashMap<>();
        edges.forEach((from, targets) -> targets.forEach(to -> reversed.computeIfAbsent(to, key -> new HashSet<>()).add(from)));
        Cycles forward = new Cycles(edges);
        List<String> ended = new ArrayList<>();
        edges.keySet().forEach(node -> forward.visit(node, ended));
        Cycles backward = new Cycles(reversed);
        List<Set<String>> found = new ArrayList<>();
        for (String node : ended.reversed()) {
            List<String> part = new ArrayList<>();
            backward.visit(node, part);
            if (part.size() > 1) {
                found.add(new HashSet<>(part));
            }
        }
        return found;
    }

    /** Adds what can be reached and was not visited, each after all that it leads to. */
    private void visit(String start, List<String> ended) {
        Deque<String> path = new ArrayDeque<>();
        path.push(start);
        while (!path.isEmpty()) {
            String node = path.peek();
            if (visited.add(node)) {
                edges.getOrDefault(node, Set.of()).stream().filter(next -> !visited.contains(next)).forEach(path::push);
            } else {
                path.pop();
                if (done.add(node)) {
                    ended.add(node);
                }
            }
        }
    }
}
