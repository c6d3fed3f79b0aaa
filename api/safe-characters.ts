/** No vowels and no look-alikes, so that no words arise. @see k8s.io/apimachinery v0.36.0 pkg/util/rand/rand.go */
export const safeCharacters = "bcdfghjklmnpqrstvwxz2456789";
