import Glibc
print("hull")
exit(0)
