internal import Mandos

print(Place(file: "mandos.conf", line: 1).text)
